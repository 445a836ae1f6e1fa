/**
 * Every diagnostic and hazard code, with what it means and what to do: the text of `datumline explain CODE`.
 * A code that has landed stays; it is never given another meaning.
 */
export const CODES = {
  // The command line
  USAGE:
    "The command line cannot be read: a command or option that does not exist, or a value that it does not take. `datumline COMMAND --help` shows what there is, with an example.",
  NOT_WRITTEN:
    "A file or folder could not be written, or holds what Datumline did not write and therefore does not overwrite.",
  INTERRUPTED:
    "The run was interrupted. What had not been kept by then is undone by the engine where it can undo it; plan again to see what is there.",

  // Documents
  NOTHING_DECLARED:
    "No document was found. Name a file or a folder with `-f`; files end in .yaml, .yml or .json. A constructs app is run with `--app`.",
  UNREADABLE: "A file or folder could not be read. Check the path and its permissions.",
  SYNTAX: "The file is not valid YAML or JSON. The message names the line; mend it there.",
  UNKNOWN_KIND: "No kind has this name. `datumline schema` lists the kinds; the nearest name is suggested.",
  UNKNOWN_KEY:
    "The kind has no such field. Unknown keys are errors, so that a typo never passes for a wish; the nearest name is suggested.",
  MISSING_FIELD: "A field that the kind needs is not there.",
  WRONG_TYPE: "The value is not of the type, or not one of the words, that the field takes.",
  LITERAL_SECRET:
    "A secret stands in the document in clear. Write a reference, `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }` or where a secret manager keeps it (`{ vault: … }`, `{ awsSecret: … }` …), and change the secret: it has been seen.",
  DUPLICATE:
    "Two documents declare the same object or the same fact, so it would have two owners. Keep one, or let the later say `override: true`.",
  NOTHING_TO_OVERRIDE: "A document says `override: true` and no earlier one declares the object.",
  UNKNOWN_REFERENCE:
    "The object referred to is neither declared nor built in nor named as external. Declare it, mend the name, or list it under `external` of the DataSource.",
  UNKNOWN_COLUMN: "The column is not one of the table's.",
  UNKNOWN_CLASS:
    "No declared column has this `classification`, so what is said of the class would concern nothing. Mend the word, or classify the columns.",
  CYCLE: "Objects need each other in a circle, so none can be made first.",
  NO_DATA_SOURCE: "There is no DataSource document and no `--url`, so there is nothing to connect to.",
  UNKNOWN_DATA_SOURCE: "A document or `--data-source` names a data source that is not declared.",
  AMBIGUOUS_DATA_SOURCE:
    "Several data sources are declared, not just one in the folder of the document, and it does not say which one it belongs to. Add `dataSource: NAME`.",
  UNKNOWN_ENGINE: "No engine has this name.",
  NOT_SUPPORTED:
    "The engine, or its version, cannot express what is declared. The message says what it can do instead; nothing is left out silently.",
  APP_FAILED: "The constructs app ended with an error, or declared nothing.",
  CONSTRUCT: "A construct was given something that it cannot take.",

  APPLIED_ELSEWHERE:
    "Two declarations for one system claim the same object: another data source applied it last, and this one would change it. Keep it in one of them.",

  // Terraform
  UNKNOWN_VALUE:
    'A declaration in Terraform refers to a value (`{ "$value": NAME }`) that `values` of the resource does not give, or that is not of the type that it says.',
  DECLARATION_PROTECTED:
    "Terraform would destroy a declaration, and with it all that Datumline made for it. Set `protect = false` and apply that first, in a change of its own.",
  DESTROY: "Terraform will destroy a declaration: what Datumline made for it is dropped, what others made stays.",
  STATE_VERSION: "The Terraform state was written by a newer version of Datumline. Use that version, or a later one.",
  OBSERVED: "The live system differs from what is declared in a scope that is only observed; nothing is done about it.",

  // Secrets and connections
  SECRET_UNRESOLVED:
    "A secret could not be resolved: the variable is not set, the file is not there, the command failed, the secret manager did not give it out. The secret itself is never shown.",
  TUNNEL_FAILED:
    "The tunnel through the bastion could not be opened, or the bastion does not reach the server. What `ssh` said is in the message; `ssh -N HOST` tries the same by hand.",
  CONNECTION_REFUSED:
    "Nothing answers at this host and port. Check that the server runs, the name resolves and a firewall lets you through; `datumline connect` tests step by step.",
  CONNECTION_FAILED: "The connection broke or could not be made.",
  LOGIN_FAILED:
    "The server refused the login: wrong user, wrong password, no such database, or no rule for this client.",
  TLS_FAILED: "The encrypted connection could not be made or its certificate not be trusted.",
  CERTIFICATE_EXPIRES:
    "The certificate of the server ends within 30 days. Clients that check it will be refused from then on: renew it.",
  TOO_MANY_CONNECTIONS:
    "The server, the database or the role has no connection left to give. End what nobody uses, make pools smaller, or put a pooler in front.",
  FEW_CONNECTIONS_LEFT:
    "The server has no connection left for clients, or fewer than `limits` of the data source says. End what nobody uses, or raise the server's `max_connections`.",
  SLOW_CONNECTION:
    "A trivial query takes long. The network, a tunnel or a pooler in between, or a server under load; `health.latency` says from when on it counts.",
  REPLICA_LATE:
    "A declared replica cannot be reached, is behind its primary by more than `maxLag`, or is none. Who reads there sees what was.",
  CLOCK_SKEW:
    "The clock here and that of the server differ. Certificates, tokens of IAM and memberships with an end go by the clock: let both follow a time server.",
  CONNECTION_ADVICE: "The connection works, and would be safer or steadier with what the message says.",
  DRIVER_MISSING:
    "The driver of the engine, or the client of a secret manager or of a place for backups, is not installed. They are optional, so that nobody installs those of what they do not use.",
  PACKAGE_MISSING:
    "A package that only some uses of Datumline need is not installed. The message names it; install it beside Datumline.",
  UNSUPPORTED_VERSION: "The server's version is not one that Datumline supports.",
  READ_ONLY: "The server accepts no writes: it is a standby, or the session is read-only. Connect to the primary.",
  NO_LOGIN:
    "A client is to connect as a role that may not. Declare the role with `login: true`, or name another: a group is what logins are members of.",
  MISSING_PRIVILEGE: "The connected role lacks a privilege that the declaration needs.",
  POOL_PAUSED:
    "Somebody has paused a pool on the console of the pooler: its clients wait until RESUME. Datumline ends only the pauses that it began.",
  POOL_UNBOUNDED:
    "A pool has connections for each of its users, and nothing says how many users there are, so the sum of connections cannot be told. Give `users`, `user` or `maxConnections`.",
  POOL_WAITS: "Clients wait for a server connection of a pool, because all of them are taken.",
  POOLER:
    "A pooler stands between Datumline and the server. Sessions, locks and settings do not survive it: connect directly.",

  // Plans
  STALE_PLAN: "The live system is no longer the one that the plan was made from. Make a new plan and review it.",
  WRONG_TARGET: "The plan was made for another system or database than the one connected to.",
  PLAN_PASSED_OVER:
    "A plan file lies among the documents. It declares nothing, so it is passed over; keep plans in another folder to be told no more.",
  PLAN_FORMAT: "The file is not a plan that this version reads.",
  HAZARD_NOT_ALLOWED:
    "The plan holds a danger that was not allowed. Read it, and if it is meant, run again with `--allow` and its code.",
  UNKNOWN_HAZARD: "`--allow`, or `match.hazard` of a Policy, names a hazard that does not exist.",
  TOO_MANY_DROPS: "The plan drops more objects than `maxDrops` or `--max-drops` allows.",
  TOO_MANY_REVOKES: "The plan takes away more privileges than `maxRevokes` or `--max-revokes` allows.",
  PROTECTED:
    "The object says `protect: true` and the plan would drop or replace it. Take the mark off first, in a change of its own.",
  LOOKS_LIKE_RENAME:
    "One object disappears and one like it appears: dropping it would lose what it holds. Say `renamedFrom` on the new one; or, if it is meant, drop the old one in a run of its own before you declare the new one.",
  RENAME_SOURCE_MISSING: "`renamedFrom` names an object that is not there, and neither is the new one.",
  UNMANAGED:
    "The object exists in a managed scope and is not declared. Declare it, or make the scope authoritative to have it dropped.",
  NOT_MODELLED: "Objects of a type that no kind describes. They are left alone; nothing is compared.",
  NOT_CONFIRMED: "There is no terminal to ask on. Review the plan and run again with `--yes`.",
  LEDGER_UNAVAILABLE:
    "The ledger is not there and the connected role may not create it. An administrator runs the SQL in the message, or the DataSource says `ledger: none`.",
  BUSY: "Another run holds the lock of a system that has no locks of its own. Wait for it; a lock that nobody holds any more is removed by hand.",
  LEDGER_VERSION: "The ledger was written by a newer version of Datumline.",
  STATEMENT_FAILED: "The engine refused a statement.",
  NOT_CONVERGED:
    "After the statements ran, the live system was still not what is declared, so the change was undone where the engine can undo it. The message says what differs; this is worth a report.",
  LOCKS_EXHAUSTED: "The plan makes more objects in one transaction than the server has locks for.",
  INTERNAL: "A fault of Datumline, not of yours. Please report it with what you ran.",

  // Proofs
  PROOF_FAILED:
    "The live system does not show what a proof says: a role sees or may do something else than is declared. `datumline drift` and `datumline access --why` tell how it comes to that; plan and apply, or mend the declaration.",
  CHECK_FAILED:
    "More rows are wrong than a QualityCheck allows. The rows shown are a sample, without classified columns; mend the data, or raise `threshold`, or say `severity: warning`.",
  NOT_PROVED:
    "A proof could not show anything: no row was there that could have refuted it, the connected role may not act as the role, the time was up. What did not run never counts as passed. The message says what is missing; `plant` rows, or say `allowEmpty: true` where nothing may be shown.",
  NOTHING_TO_PROVE:
    "No proof was run: none is declared and none follows from what is declared, or `--only` names none. A test that tests nothing does not pass.",

  // Guardrails
  POLICY_BROKEN:
    "A Policy of the declaration is broken: the message names it and says by what. Mend the object, or write a PolicyException with a reason, an owner and an end.",
  POLICY_WITHOUT_EFFECT:
    "A Policy or PolicyException concerns what is an error whatever is declared, or what no rule found: it changes nothing. Take it out, or mend the name of the rule or the objects.",
  UNKNOWN_RULE: "A Policy or PolicyException names a rule that does not exist. The nearest name is suggested.",
  POLICY_MODULE:
    "A module with rules could not be loaded or failed: it must export `rules`, a list of `Rule` (`datumline/policies`). What did not run refuses the plan. TypeScript is read by Node.js 22.18 and newer; compile it for older ones.",
  EXCEPTED: "A rule finds this and a PolicyException lets it stay until its end, which every plan says.",
  EXCEPTION_EXPIRES: "A PolicyException ends within 14 days; the rule counts again after that.",
  EXCEPTION_EXPIRED: "The end of a PolicyException has passed: the rule counts again. Take the document out.",
  SETTING_IS_NOT_A_BOUNDARY:
    "A row policy trusts a session setting that whoever runs SQL can change. With SQL access it is a filter, not a boundary: use `current_user` or role membership, or let only a trusted application connect.",
  MEMBERSHIP_EXPIRES:
    "A membership with an end (`until`) ends within 14 days. The first plan that is applied after that revokes it; give it a later end where it is still needed.",
  MEMBERSHIP_EXPIRED:
    "The end of a membership has passed. It counts as not declared: a plan revokes it, and drift tells it until then. Take it out of the declaration.",
  BREAK_GLASS_OPEN:
    "A role for emergencies can be taken on now. Every plan says so until its end; take the document out as soon as the emergency is over.",
  BREAK_GLASS_ENDED:
    "The end of a role for emergencies has passed: a plan takes its rights and its members away. Take the document out, or give it a later end.",
  VIEW_BYPASSES_ROW_SECURITY:
    "A view runs with its owner's rights, so the row policies of whoever reads it do not apply. Say `securityInvoker: true` (PostgreSQL 15 and newer), or restate the rule in the view.",
  PERMISSIVE_POLICIES_ADD_UP:
    "Two permissive row policies for the same role and command are joined by OR, so a row that passes either is seen. Make one of them restrictive if both are to hold.",
  COLUMN_GRANT_WITHOUT_EFFECT:
    "A privilege on some columns is granted to a role that has it on the whole table: the columns restrict nothing. Take the grant on the table away.",
  OWNER_BYPASSES_ROW_SECURITY:
    "Row policies do not hold for the owner of a table unless row security is forced, and the owner can connect.",
  POLICY_WITHOUT_ROW_SECURITY:
    "A row policy stands on a table whose row security is off, so nobody asks it and every row is seen. Say `rowSecurity: forced` on the table, or take the policy out.",
  CHILD_WITHOUT_ROW_SECURITY:
    "A table that inherits from one with row policies, or is a partition of it, is granted to somebody and has no row security of its own: read by itself it shows every row. Grant nothing on it, since who reads it through the other table needs nothing on it, or give it policies.",
  ROLE_IS_NOT_A_BOUNDARY:
    "A login may take on several roles which row policies tell apart. Whoever runs SQL in its session chooses among them: it holds only where a trusted application is the only one to run SQL as this login.",
  OWNER_LIFTS_ROW_SECURITY:
    "Row security is forced, and the owner of the table can connect: it can switch row security off. A note, because the next plan puts it back; let a role without login and members own the tables.",
  ROLE_MAKES_ROLES:
    "A role that can connect may create roles while row policies go by the name of the role: it makes one under the right name and takes it on.",
  LOGIN_REPLICATES:
    "A role that can connect may replicate: the write-ahead log gives it every row, whatever is granted and whatever policies say. Leave that to the role of a replica.",
  KEY_TELLS_OF_ROWS:
    "A unique key of a table with row policies does not hold the column that these compare, so whoever inserts sees whether a hidden row has the value. Begin the key with that column, or take random keys (uuid). Of numbers that the engine counts nothing is said.",
  REFERENCE_PAST_POLICIES:
    "A foreign key leads to a table with row policies and does not hold the column that these compare. It is checked past the policies: a row may refer to one that is hidden, which tells that it is there, and holds it fast or is deleted with it. Let the key and the reference hold that column too.",
  POLICY_CALLS_WITHOUT_PATH:
    "A row policy calls a function that has no search_path of its own: its names mean what the session says, and a temporary table comes first. Set a path on it that ends in pg_temp, or write its body in standard SQL (BEGIN ATOMIC).",
  PATH_OPEN_TO_OTHERS:
    "A role that row policies bind, or everybody, may create functions and operators in a schema where the conditions of these policies look up their names: what is planted there before a rule is made answers in it. In texts that Datumline runs itself (Seed, QualityCheck, AccessTest) it runs with Datumline's rights, so there every role but the owner counts. Take CREATE away, or qualify the names.",
  ROWS_ARE_COUNTED:
    "Row policies hide rows and not how many there are: plans, estimates, statistics and sizes tell it to everybody who can connect. A note, because it is so on every server; where the numbers are secret, give each tenant a database.",
  VIEW_SHOWS_KEPT_COLUMN:
    "A view with its owner's rights shows a column that a ColumnAccess or a MaskedView keeps from its readers. Leave the column out of the view, say `securityInvoker: true` (PostgreSQL 15 and newer), or grant the view to others.",
  VIEW_WITHOUT_BARRIER:
    "A view leaves rows out by a condition and is no security barrier, and its readers may not read the tables behind it: a function in a condition of theirs may see the rows that are left out. Say `securityBarrier: true`.",
  COMPUTED_FROM_CLASSIFIED:
    "A generated column is computed from a classified one and has no class itself, so that nothing keeps it back. Classify it as well, or say `classification: public`.",
  LOGIN_PASSES_CHECKS: "A role that can connect is a superuser or has BYPASSRLS, so no policy holds for it.",
  GRANTED_TO_EVERYBODY: "A privilege on data, or to create objects, is granted to PUBLIC: every role to come has it.",
  GRANTED_TO_LOGIN: "The same privilege is granted to several logins one by one instead of to a group.",
  GRANT_OPTION_SPREADS: "A role may hand a privilege on, so what is declared no longer says who has it.",
  POLICY_WITHOUT_INDEX:
    "A row policy compares a column that no index leads with, so each query of the roles it is for reads the whole table.",
  TABLE_WITHOUT_ISOLATION:
    "Tables of the schema hide rows by a column that this table has as well, and it hides none. Give it the same policies, or say with a reason why its rows are everybody's.",
  POLICY_CALLS_VOLATILE:
    "A row policy calls a function that is volatile: it runs for every row, no index answers for it, and what it says may change from row to row. Mark it STABLE where it only looks things up.",
  POLICY_CALLS_LEAKY:
    "A row policy hands values of rows to a function that is not leakproof. Whoever may replace the function, or reads what it raises, comes to rows that are hidden, and under a security barrier no index is used before it. Let the function return what the role may see and compare the column with that.",
  CLASSIFIED_IN_CLEAR:
    "A role reads classified columns in clear because it was granted the whole table. Declare a ColumnAccess, which keeps them back for good, and a MaskedView for what may be seen of them.",
  UNCLASSIFIED:
    "A column has a name that tells of something personal, and nobody classified it. Say `classification: pii`, or `classification: public` where it is not. Told by `datumline access --url` alone, because it is a guess.",
  DEFINER_WITHOUT_PATH:
    "A function runs with its owner's rights (SECURITY DEFINER) and looks names up in the search_path of whoever calls it, who can put something else there. Set a path on it that ends in pg_temp, or write its body in standard SQL (BEGIN ATOMIC).",
  DEFINER_FOR_EVERYBODY:
    "A function that runs with its owner's rights (SECURITY DEFINER) may be executed by PUBLIC, as every new function may. Revoke that, and grant it to whom it is meant for.",
  POLICY_BEHIND_POOLER:
    "A row policy trusts a session setting, and clients reach the table through a pool by transaction or statement, where the next client finds the session, and the setting, of the one before: rows of one tenant are shown to another. Set it with SET LOCAL or set_config(…, true) in each transaction, and say so with a Policy that lowers this rule; or use a pool by session.",
  SESSION_BEHIND_POOLER:
    "A function or view does what lasts as long as a session (an advisory lock, LISTEN, a temporary table, PREPARE, a cursor WITH HOLD, SET without LOCAL), and clients reach it through a pool by transaction or statement, where the session goes to somebody else. The message says what to write instead.",
  PREPARED_BEHIND_POOLER:
    "Clients reach the data source through a pool by transaction or statement whose pooler does not keep prepared statements: they fail, or meet those of others. Set `maxPreparedStatements` (PgBouncer 1.21), or turn them off in the client.",
  POOL_MOVES:
    "A pool goes to another server. The pooler proves its clients there with keys of their own login, which fit the verifier of the old server: where the roles have other verifiers, clients that are connected wait. Copy the verifiers before, or have the clients connect again after (KILL and RESUME on the console).",
  POOLS_TOO_LARGE:
    "All pools and direct clients together may open more connections than the server, or a role, allows. The message says by how many, and the nearest sizes that fit; or raise the limit on the server.",
  CLIENTS_BEYOND_LIMIT:
    "More clients are expected than the pooler takes, and those beyond are refused. Raise `maxClients` of its PoolerSettings, and the open files that its process may have.",
  PORT_TAKEN: "Two poolers are declared for one port of one host, or for one configuration. Give each its own.",
  MASK_BYPASSED:
    "A role that reads the masked view can also read the masked column of the table itself, so the mask hides nothing from it.",
  MASK_GUESSABLE:
    "A masked view shows hashes. Whoever computes them of all values that there may be, or of a list of them, finds the values: of numbers, days and short codes that takes seconds. Take `redact` or `nullify` where nobody joins or counts by the column.",
  MASK_ON_KEY:
    "A masked column is a key: rows of the view can no longer be told apart or joined by it. Mask it with `hash`, which keeps equal values equal, or leave it as it is.",
  ACCESS_VOID:
    "What is declared keeps nothing back: the role comes to the same columns or rows another way, which the message names. Take that way away, or the role out of the declaration.",
  ROWS_CLOSED:
    "The rules about a table's rows only narrow, and none opens them for these roles, or for the owner of a table of somebody else's migrations, whom they hold as well: they see no row. Declare what opens them as well.",
  ROWS_JOINED:
    "Several rules open rows of one table for the same roles, and a row is seen that meets any of them. Say `restrictive: true` where a rule must hold in addition.",
  TENANT_COLUMN_MISSING:
    "A table in a schema whose tenants are isolated has no column for the tenant, so everybody would see all of it. Add the column, or name the table under `except` with the reason.",
  WRITES_THROUGH_MASK: "A masked view would let its readers write.",

  // Backups
  TOOL_MISSING: "A program that is needed is not installed. The message names the packages that have it.",
  RESTORE_REFUSED:
    "A restore was refused before it changed anything: the database exists or belongs to the server, the server is older than the backup or cannot make a database like the original, the key is another, or what was asked for is not in it. The message says which, and what to do.",
  NO_SPACE:
    "A place for backups has too little room for the next one, and nothing was begun there; as a warning, it may have too little for the first.",
  NOT_STORED: "A backup could not be kept in one of its places; the others have it.",
  PLACE_FAILED:
    "A place for backups did not do what it was asked: it is not there, keeps others out, or was not reached. The message says which, and what to do.",
  BACKUP_DAMAGED:
    "What a place holds of a backup is not what was written: a part is gone, or its bytes are others. `datumline backup verify` tells which backups are good; restore another one, or from another place.",
  BACKUP_FORGED:
    "The manifest of a backup was not made with the key that it names: somebody changed it who did not have the key. Nothing of it is used.",
  BACKUP_UNSIGNED:
    "A key is declared, and the manifest of this backup carries no code made with it: it is of an older Datumline, of a time without a key, or somebody took the code away. Take a new backup.",
  TOOL_FAILED:
    "A program that backs up or restores failed. The message holds what it said; nothing of the run is kept.",
  PRUNE_HELD:
    "More than half of the good backups would go at once: the clock may have jumped, or `retention` was shortened. Nothing was removed; `datumline backup prune` shows what would go, and asks.",
  BACKUP_AHEAD:
    "A backup says that it began later than it is now: the clock of this machine is wrong, or that of the one that made it was. It does not count as the newest until then.",
  BACKUP_OVERDUE: "The newest good backup is older than its `rpo`, or a run that was due has left nothing.",
  RUNNER_DIFFERS:
    "What is to run a backup or a drill is not installed as declared: its files are missing, or somebody changed them. `datumline apply` installs them.",
  RUN_ELSEWHERE:
    "Datumline does not run this backup, so it neither takes, reads nor restores it. The message says who does and which commands show and restore what there is.",
  RESTORE_NOT_PROVED:
    "The last restore of a RestoreDrill did not hold, is older than `manage.requireDrill` allows, or was not tried when it was due. Run the drill.",
  DRILL_UNFIT:
    "A RestoreDrill cannot be run as it is declared, because somebody else makes and keeps the backups, or does not.",
  DRILL_REQUIRED:
    "The plan deletes data, and the data source asks for a restore that was proved lately (`manage.requireDrill`). Run a drill, then apply.",
  STANZA_MISSING:
    "pgBackRest has no such stanza in its repository, or it is that of another server. `pgbackrest stanza-create` makes one.",
  NOT_ARCHIVED:
    "The log of the server does not reach the repository of pgBackRest, and without it nothing can be restored. The message says which setting is wrong.",
  NOT_ENCRYPTED:
    "The schedule asks for encryption, and the repository that the tool keeps its data in is not encrypted. Nothing was taken.",
  NOT_COUNTED:
    "A table was not counted: nobody could say what it holds at the position of the backup, it has never been filled, or `check` names none that is there. A drill does not compare it.",
  TAKEN_AS_FULL: "There was no backup to build upon, so this one holds everything.",
  TARGET_UNREACHABLE:
    "A moment cannot be restored: it is before the end of the first backup, after the end of the archived log, or yet to come. Nothing was done.",
  ROLE_MISSING: "Roles that a backup names are not on the server. Make them, or restore with `--globals`.",

  // Hazards
  DELETES_DATA: "Rows or columns are lost.",
  REWRITES_TABLE: "The whole table is written anew; nobody reads or writes it meanwhile.",
  OVERWRITES_FILE: "A file that somebody else wrote is overwritten.",
  LOCKS_TABLE: "The table is locked for as long as it takes to scan it or to build an index.",
  WIDENS_ACCESS: "Somebody will see or do more than before.",
  NARROWS_ACCESS: "Somebody will see or do less than before; what relies on it fails.",
  REPLACES_OBJECT: "The object is dropped and made anew, with its owner, comment and privileges restored.",
  RESTARTS_POOLER: "The pooler is restarted: every client is disconnected, and connects again.",
  CHANGES_SECURITY_CONTEXT: "The rights with which a view runs change: its owner's, or its reader's.",
} as const satisfies Record<string, string>;

export type Code = keyof typeof CODES;

/** The codes that `--allow` takes. */
export const HAZARDS = [
  "DELETES_DATA",
  "REWRITES_TABLE",
  "OVERWRITES_FILE",
  "LOCKS_TABLE",
  "WIDENS_ACCESS",
  "NARROWS_ACCESS",
  "REPLACES_OBJECT",
  "CHANGES_SECURITY_CONTEXT",
  "RESTARTS_POOLER",
] as const satisfies readonly Code[];

export type HazardCode = (typeof HAZARDS)[number];
