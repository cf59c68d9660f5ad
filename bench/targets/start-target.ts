import type { TargetName } from "../options.ts";
import { startBareProxy } from "./bare-proxy.ts";
import { startDirect } from "./direct.ts";
import { startPortkey } from "./portkey.ts";
import type { StartTarget } from "./target.ts";
import { startTokenHub } from "./tokenhub.ts";

export const startTarget: Readonly<Record<TargetName, StartTarget>> = {
  direct: startDirect,
  "bare-proxy": startBareProxy,
  portkey: startPortkey,
  tokenhub: startTokenHub,
};
