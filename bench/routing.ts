// `node bench/routing.ts`: how long one routing decision over 1,000 models takes.
import { measureRouting } from "./measure/measure-routing.ts";

const { models, providers, indexMs, timings } = measureRouting();
process.stdout.write(`${models} models of ${providers} providers; index built in ${indexMs.toFixed(2)} ms\n`);
for (const { question, p50Us, p99Us, maxUs } of timings) {
  process.stdout.write(
    `${question.padEnd(32)} p50 ${p50Us.toFixed(1)}  p99 ${p99Us.toFixed(1)}  max ${maxUs.toFixed(1)} us\n`,
  );
}
