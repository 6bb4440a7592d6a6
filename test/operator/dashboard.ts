// A dashboard of Grafana as what it asks Prometheus. In: its JSON; out: queries, with its variables filled in.

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

/** With everything chosen; throws for a variable that Grafana would not know either. */
export function substitute(expr: string): string {
  return expr.replaceAll(/\$\w+/g, (name) => {
    const value = VARIABLES[name];
    if (value === undefined) throw new Error(`no variable ${name}`);
    return value;
  });
}
