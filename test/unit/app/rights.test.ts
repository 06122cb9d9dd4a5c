import { expect, test } from "vitest";
import { rightsDifference, rightsText } from "../../../core/app/rights.ts";

const pull = { resource: "repository", action: "pull" };
const push = { resource: "repository", action: "push" };
const project = (namespace: string, ...access: { resource: string; action: string; effect?: string }[]) => ({
  kind: "project",
  namespace,
  access,
});

test("order, repetitions, several entries for one project and a spelled-out allow make no difference", () => {
  const plain = rightsText([project("b", pull, push), project("a", pull)]);
  expect(rightsText([project("a", pull, pull), project("b", push), project("b", pull)])).toBe(plain);
  expect(rightsText([project("a", { ...pull, effect: "allow" }), project("b", push, { ...pull, effect: "" })])).toBe(
    plain,
  );
});

test("a difference tells both sides in words", () => {
  const found = rightsText([
    project("*", push),
    project("apps", { ...pull, effect: "deny" }),
    { kind: "system", namespace: "/", access: [{ resource: "robot", action: "list" }] },
  ]);
  expect(rightsDifference(found, rightsText([project("apps", pull)]))).toEqual({
    more: ["repository:push on all projects", "repository:pull on project apps (denied)", "robot:list on the system"],
    less: ["repository:pull on project apps"],
  });
  expect(rightsDifference("", rightsText([project("a", pull)]))).toEqual({
    more: [],
    less: ["repository:pull on project a"],
  });
  expect(rightsDifference(found, found)).toBeNull();
});
