-- In a transaction of its own: after 0008's it would wait for whoever has read factors and waits for 0008 to write to them.
DROP INDEX factors_sealed_under;
