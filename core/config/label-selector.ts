/** One condition of a label selector. `values` null: any value. */
export interface LabelCondition {
  readonly key: string;
  /** `in`: the label is there with one of the values; `not-in`: absent or another value. */
  readonly operator: "in" | "not-in";
  readonly values: readonly string[] | null;
}

const key = "(?:[a-z0-9.-]{1,253}/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?";
const value = "(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?";
const equality = new RegExp(`^(${key})\\s*(=|==|!=)\\s*(${value})$`);
const membership = new RegExp(`^(${key})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const existence = new RegExp(`^(!?)\\s*(${key})$`);
const valueExpression = new RegExp(`^${value}$`);

/** The conditions of a selector as kubectl takes it, all of which must hold; null where it is none. Empty: all. */
export function parseLabelSelector(selector: string): readonly LabelCondition[] | null {
  if (selector.trim() === "") return [];
  const conditions: LabelCondition[] = [];
  // A comma inside brackets does not end a condition.
  for (const part of selector.split(/,(?![^(]*\))/)) {
    const condition = parseCondition(part.trim());
    if (condition === null) return null;
    conditions.push(condition);
  }
  return conditions;
}

function parseCondition(part: string): LabelCondition | null {
  const equal = equality.exec(part);
  if (equal !== null) {
    return { key: equal[1] ?? "", operator: equal[2] === "!=" ? "not-in" : "in", values: [equal[3] ?? ""] };
  }
  const member = membership.exec(part);
  if (member !== null) {
    const values = (member[3] ?? "").split(",").map((text) => text.trim());
    if (!values.every((text) => valueExpression.test(text))) return null;
    return { key: member[1] ?? "", operator: member[2] === "in" ? "in" : "not-in", values };
  }
  const exists = existence.exec(part);
  return exists === null ? null : { key: exists[2] ?? "", operator: exists[1] === "!" ? "not-in" : "in", values: null };
}

/** True when no namespace can ever match both: some label would have to have two values, or be there and not. */
export function areDisjoint(one: readonly LabelCondition[], other: readonly LabelCondition[]): boolean {
  return one.some((left) => other.some((right) => left.key === right.key && contradict(left, right)));
}

function contradict(left: LabelCondition, right: LabelCondition): boolean {
  if (left.operator === "not-in" && right.operator === "not-in") return false;
  if (left.operator === "not-in") return contradict(right, left);
  // From here `left` demands the label.
  if (right.operator === "in") {
    return left.values !== null && right.values !== null && !left.values.some((text) => right.values?.includes(text));
  }
  if (right.values === null) return true;
  return left.values?.every((text) => right.values?.includes(text)) ?? false;
}
