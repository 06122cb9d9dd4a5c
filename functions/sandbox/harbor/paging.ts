import type { PartReply, PartRequest } from "../listener.ts";
import { bindAll, bindInt64 } from "./json-body.ts";
import { Unprocessable } from "./refusal.ts";

export interface Paging {
  readonly page: number;
  readonly pageSize: number;
}

function bindPageSize(text: string | null): number | undefined {
  const size = bindInt64(text, "page_size", "query");
  if (size !== undefined && size > 100)
    throw new Unprocessable(["page_size in query should be less than or equal to 100"]);
  return size;
}

/** `page` (default 1) and `page_size` (default 10, at most 100, no minimum): harbor.md §1.7. */
export function bindPaging(request: PartRequest): Paging {
  const [page = 1, pageSize = 10] = bindAll(
    () => bindInt64(request.query.get("page"), "page", "query"),
    () => bindPageSize(request.query.get("page_size")),
  );
  return { page, pageSize };
}

/** Go's `url.Values.Encode`: keys in order, blanks as `+`. */
function encodeSorted(query: URLSearchParams): string {
  const sorted = new URLSearchParams(query);
  sorted.sort();
  return sorted.toString();
}

/**
 * The `Link` header, un-escaped as Harbor writes it; `next` is built from the text of `prev` and so
 * un-escaped once more where both are there (recorded in 12-audit).
 */
function linkHeader(path: string, request: PartRequest, paging: Paging, total: number): string | undefined {
  const { page, pageSize } = paging;
  if (pageSize === 0) return undefined;
  let raw = request.target.split("?")[1] ?? "";
  const link = (number: number, relation: string): string => {
    const query = new URLSearchParams(raw);
    query.set("page", String(number));
    query.set("page_size", String(pageSize));
    raw = decodeURIComponent(encodeSorted(query).replaceAll("+", " "));
    return `<${path}?${raw}>; rel="${relation}"`;
  };
  const links: string[] = [];
  if (page > 1 && (page - 1) * pageSize < total) links.push(link(page - 1, "prev"));
  if (page * pageSize < total) links.push(link(page + 1, "next"));
  return links.length === 0 ? undefined : links.join(" , ");
}

/** One page of rows with `X-Total-Count` and `Link`. Sizes of 0 and less give everything, pages below 1 are page 1. */
export function pageReply<Row>(
  path: string,
  request: PartRequest,
  paging: Paging,
  rows: readonly Row[],
  show: (row: Row) => object,
): PartReply {
  const start = (Math.max(1, paging.page) - 1) * paging.pageSize;
  const shown = paging.pageSize <= 0 ? rows : rows.slice(start, start + paging.pageSize);
  const link = linkHeader(path, request, paging, rows.length);
  return {
    status: 200,
    headers: { "x-total-count": String(rows.length), ...(link === undefined ? {} : { link }) },
    body: shown.map(show),
  };
}
