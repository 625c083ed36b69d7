/** `npm run migrate`: brings the database to the tables that this version needs, as a step of its own. */
import { openDatabase } from './adapters/postgres/open-database.ts'
import { databaseUrl } from './config.ts'

const database = await openDatabase({ url: databaseUrl() })
try {
  const applied = await database.migrate()
  process.stdout.write(applied.length > 0 ? `applied: ${applied.join(', ')}\n` : 'nothing to apply\n')
} finally {
  await database.close()
}
