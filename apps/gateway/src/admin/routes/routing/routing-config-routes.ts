import { TokenHubError } from "@tokenhub/contracts";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import {
  builtInRoutingSettings,
  routingSettingNames,
  routingVariables,
  type RoutingSettingName,
  type RoutingSettings,
} from "../../../routing-settings/routing-setting.ts";
import type {
  RoutingSettingsService,
  RoutingSettingsState,
} from "../../../routing-settings/routing-settings-service.ts";
import { changedMeanwhile } from "../catalogue/found-entry.ts";
import {
  patchRoutingConfigSchema,
  replaceRoutingConfigSchema,
  settingsFromForm,
  type RoutingConfigForm,
} from "./routing-config-form.ts";

export interface RoutingConfigDeps {
  readonly settings: RoutingSettingsService;
}

const tag = "routing";

/** How the settings are called outside. */
const publicNames: Readonly<Record<RoutingSettingName, string>> = {
  strategy: "default_strategy",
  mode: "default_mode",
  maxBudgetUsd: "default_max_budget_usd",
  maxLatencyMs: "default_max_latency_ms",
  allowExploration: "allow_exploration",
  explorationShare: "exploration_share",
  explorationTemperature: "exploration_temperature",
};

/** `/admin/v1/routing-config`: what a request that says nothing gets. */
export function routingConfigRoutes(deps: RoutingConfigDeps): AdminRoute[] {
  return [
    adminRoute({
      method: "get",
      path: "/routing-config",
      summary: "Get the routing defaults in force, and where each comes from",
      tag,
      role: "viewer",
      action: null,
      async handle() {
        await deps.settings.refresh();
        return view(deps);
      },
    }),
    adminRoute<RoutingConfigForm>({
      method: "put",
      path: "/routing-config",
      summary: "Save the routing defaults; what is left out goes back to the product's own",
      tag,
      role: "operator",
      bodySchema: replaceRoutingConfigSchema,
      action: "routing_config.replace",
      handle: (call) => save(deps, { call, baseOf: () => builtInRoutingSettings }),
    }),
    adminRoute<RoutingConfigForm>({
      method: "patch",
      path: "/routing-config",
      summary: "Change some routing defaults; null clears one",
      tag,
      role: "operator",
      bodySchema: patchRoutingConfigSchema,
      action: "routing_config.update",
      handle: (call) => save(deps, { call, baseOf: ({ values }) => values }),
    }),
  ];
}

interface Saving {
  readonly call: AdminCall<RoutingConfigForm>;
  /** What the body's fields take the place of. */
  readonly baseOf: (state: RoutingSettingsState) => RoutingSettings;
}

/** How often a change is made anew because somebody else saved in between. */
const mostSaves = 5;

async function save(deps: RoutingConfigDeps, { call, baseOf }: Saving): Promise<AdminReply> {
  for (let saves = 0; saves < mostSaves; saves += 1) {
    await deps.settings.refresh();
    const state = deps.settings.current();
    const next = settingsFromForm(call.body, baseOf(state));
    refuseEnvironmentValues(call.body, { state, next });
    const changed = routingSettingNames.filter((name) => next[name] !== state.values[name]);
    const outcome = await deps.settings.save(next, {
      expectedVersion: call.expectedVersion ?? state.version,
      alongside: (begun) =>
        call.audit.record(
          {
            resourceKind: "routing_config",
            resourceId: null,
            detail: { changed: changed.map((name) => publicNames[name]) },
          },
          begun,
        ),
    });
    if (outcome.kind === "saved") return view(deps);
    if (call.expectedVersion !== null)
      throw changedMeanwhile(outcome.current?.version ?? 0, {
        name: { kind: "configuration", id: "routing-config" },
        call,
      });
  }
  throw new TokenHubError(
    "conflict",
    "Others are changing the routing configuration all the time; try again.",
  );
}

/** A value that the environment decides would be saved without effect. @throws TokenHubError `conflict` */
function refuseEnvironmentValues(
  form: RoutingConfigForm,
  { state, next }: { readonly state: RoutingSettingsState; readonly next: RoutingSettings },
): void {
  const stated = new Set(Object.keys(form));
  for (const name of routingSettingNames) {
    const publicName = publicNames[name];
    if (state.sources[name] !== "environment" || !stated.has(publicName) || next[name] === state.values[name])
      continue;
    throw new TokenHubError(
      "conflict",
      `\`${publicName}\` is decided by ${routingVariables[name] ?? "the environment"}. Unset that variable to decide it here.`,
      { param: publicName },
    );
  }
}

function view({ settings }: RoutingConfigDeps): AdminReply {
  const { values, sources, version } = settings.current();
  return reply(
    {
      ...Object.fromEntries(routingSettingNames.map((name) => [publicNames[name], values[name]])),
      sources: Object.fromEntries(routingSettingNames.map((name) => [publicNames[name], sources[name]])),
      version,
    },
    { version },
  );
}
