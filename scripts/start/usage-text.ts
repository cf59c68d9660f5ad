/** What `--help` prints. */
export const usageText = `Usage: npm start -- [options]

Starts TokenHub: the gateway, the orchestrator worker, the router worker, the provider worker and, unless REDIS_URL is set,
a private Redis.

Options
  -config FILE      use this configuration file (YAML or JSON); also TOKENHUB_CONFIG
  -generate-key     print a new key for TOKENHUB_ENCRYPTION_KEY and exit
  -help             print this text and exit

Environment
  TOKENHUB_HOST            address to listen on (127.0.0.1)
  TOKENHUB_PORT            port to listen on (8080; 0 = any free one)
  TOKENHUB_DATA_DIR        folder for the database, the queue and the logs (./data)
  TOKENHUB_AUTH            open or keys (open on a loopback address, keys otherwise)
  TOKENHUB_DEPLOYMENT      production refuses to start without an admin secret (local, which makes its own)
  TOKENHUB_ADMIN_PASSWORD  password of the administration and the vault
  TOKENHUB_ADMIN_TOKEN     token of the administration
  TOKENHUB_DEBUG           true shows everything the services log (false)
  TOKENHUB_REDIS_FSYNC     always, everysec or no: when the private Redis writes to disk (everysec)
  TOKENHUB_STOP_GRACE_MS   how long a stop waits for running requests, in milliseconds (10000)
  TOKENHUB_NODE_ARGS       extra arguments for the Node of every service
  REDIS_URL                use this Redis instead of a private one
`;
