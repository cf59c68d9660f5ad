export interface EnsurePackagesOptions {
  readonly root: string;
  readonly say: (line: string) => void;
  readonly install?: (options: { readonly root: string }) => void | Promise<void>;
}
export function ensurePackages(options: EnsurePackagesOptions): Promise<void>;
export function isInstalled(options: { readonly root: string; readonly lockText: string }): boolean;
