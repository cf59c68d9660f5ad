import type { RedisServerCommand } from "../redis-server-path.mjs";

export interface EnsureRedisServerOptions {
  readonly root: string;
  readonly say: (line: string) => void;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly unpack?: (options: { readonly folder: string; readonly say: (line: string) => void }) => {
    readonly server: RedisServerCommand | null;
    readonly problem: string | null;
  };
}
export function ensureRedisServer(options: EnsureRedisServerOptions): Promise<void>;
export function whatToRun(options?: { readonly platform?: string; readonly searchPath?: string }): string;
