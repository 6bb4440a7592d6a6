// The queries of a Grafana dashboard, with its variables replaced.

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
  readonly panels?: readonly Panel[];
}

export interface Dashboard {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr?: string }[] };
}

export interface DashboardQuery {
  readonly panel: string;
  readonly expr: string;
}

export function queriesOf({ panels, annotations }: Dashboard): readonly DashboardQuery[] {
  const all = [...panels, ...panels.flatMap((panel) => panel.panels ?? [])];
  return [
    ...all.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ panel: title, expr }))),
    ...annotations.list.flatMap(({ name, expr }) => (expr === undefined ? [] : [{ panel: name, expr }])),
  ];
}

const VARIABLES: Readonly<Record<string, string>> = {
  $__rate_interval: "1m",
  $instance: ".*",
  $share: ".*",
};

/** Replaces each variable by a value that selects everything. Throws for an unknown variable. */
export function substitute(expr: string): string {
  return expr.replaceAll(/\$\w+/g, (name) => {
    const value = VARIABLES[name];
    if (value === undefined) throw new Error(`no variable ${name}`);
    return value;
  });
}
