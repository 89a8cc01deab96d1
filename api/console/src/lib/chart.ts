/** The chart library, fetched apart from the first page, which does not need it. */
import type uPlot from "uplot";

/** ms after the login at which the library is fetched ahead, so that it is there in an outage. */
export const AHEAD = 4_000;

/** The library, or null while the server cannot be reached. */
export async function loadChart(): Promise<typeof uPlot | null> {
  try {
    return (await import("uplot")).default;
  } catch (error) {
    if (error instanceof TypeError) return null; // what browsers throw where a module cannot be fetched
    throw error;
  }
}
