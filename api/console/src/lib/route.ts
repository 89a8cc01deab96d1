/** Addresses of the console's pages, kept in the fragment so that the server needs to know one page only. Pure. */

export type Page = "alerts" | "wall" | "cameras" | "counts" | "plates" | "watchlist";

export interface Route {
  readonly page: Page;
  /** The alert or camera that is opened. */
  readonly id: string | null;
  readonly query: readonly [string, string][];
}

const PAGES: readonly string[] = ["alerts", "wall", "cameras", "counts", "plates", "watchlist"];

/** `#/alerts/ID?status=new` -> its route; the alert list for anything unknown. */
export function parseRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?");
  const [page = "", ...rest] = path.split("/");
  if (!PAGES.includes(page)) return { page: "alerts", id: null, query: [] };
  return { page: page as Page, id: decode(rest.join("/")), query: [...new URLSearchParams(search)] };
}

/** The opposite of {@link parseRoute}. */
export function routeHash(page: Page, id: string | null = null, query: readonly (readonly [string, string])[] = []): string {
  const search = query.length ? `?${new URLSearchParams(query.map(([name, value]) => [name, value]))}` : "";
  return `#/${page}${id ? `/${encodeURIComponent(id)}` : ""}${search}`;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text) || null;
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
