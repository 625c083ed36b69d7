#!/bin/sh
# LocalStack runs this when it is ready: SES sends only from a verified address.
awslocal ses verify-email-identity --email-address "$EMAIL_FROM"
