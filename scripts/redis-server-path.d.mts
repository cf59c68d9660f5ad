export interface RedisServerCommand {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}
export interface FindRedisServerOptions {
  readonly root?: string;
  readonly searchPath?: string;
}
export function redisServerRecordFile(root?: string): string;
export function findRedisServer(options?: FindRedisServerOptions): RedisServerCommand | null;
export function findOnPath(searchPath: string): RedisServerCommand | null;
