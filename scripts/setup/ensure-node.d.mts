export interface EnsureNodeOptions {
  readonly root: string;
  readonly version?: string;
  readonly platform?: string;
}
export function ensureNode(options: EnsureNodeOptions): void;
