// `node bench/start-up.ts`: how long each service takes to be ready, and what it holds when idle.
import { runEntry } from "./bench-session.ts";
import { measureStartUp } from "./measure/measure-start-up.ts";

await runEntry(async (session) => {
  const services = await measureStartUp({
    ...session,
    workFolder: session.makeFolder("start-up"),
    upstreamUrl: "http://127.0.0.1:9",
  });
  for (const { service, coldMs, warmMs, idleRssMb } of services) {
    process.stdout.write(
      `${service.padEnd(16)} first start ${coldMs.toFixed(0)} ms, later ${warmMs.median.toFixed(0)} ms, ` +
        `idle ${idleRssMb?.toFixed(0) ?? "?"} MiB\n`,
    );
  }
});
