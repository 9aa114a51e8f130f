// What the token may do, so that nobody is shown a button that would be refused. The server decides in any case.
import { get } from "./api.js";
import { useChanging } from "./changes.js";
import { useEffect } from "./html.js";

const RANK = { viewer: 1, operator: 2, admin: 3 };
let role = "";

/** Whether buttons that need this role are of use; false until the server has told. */
export const can = (right) => (RANK[role] ?? 0) >= RANK[right];

/** Asks who we are; `told` is called with a role that is new, so that everything is drawn again. */
export function Rights({ told }) {
  const found = useChanging(() => get("/v1/whoami"), () => false, { keeps: false, lost: 60_000 });
  useEffect(() => {
    if (!found.value) return;
    role = found.value.role;
    told(role);
  }, [found.value?.role]);
  return null;
}
