import { formatEnvExample } from "@tokenhub/config";
import { writeFile } from "node:fs/promises";

await writeFile(new URL("../.env.example", import.meta.url), formatEnvExample());
