import { productVariables } from "./variables.ts";

const head = `# TokenHub environment. Copy to .env; it works unchanged. Remove the # in front of what you want to set.
# Variables win over the configuration file, except for provider keys (see config/config.example.yaml). An empty
# variable counts as unset.
`;
const tail = `# Every secret can also come from a file: <NAME>_FILE=/run/secrets/... instead of <NAME>=...

# Any other provider of the configuration file: TOKENHUB_<ID>_API_KEY, <ID>_API_KEY and TOKENHUB_<ID>_BASE_URL, with the
# id in upper case and every character outside A-Z and 0-9 as _ (vllm-local: VLLM_LOCAL_API_KEY).
`;

/** The text of `.env.example`: every variable with what it does, none of them set. */
export function formatEnvExample(): string {
  const entries = productVariables.map(
    ({ name, defaultText, effect }) => `# ${effect}\n#${name}=${defaultText}\n`,
  );
  return [head, ...entries, tail].join("\n");
}
