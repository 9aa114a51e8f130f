// A table that becomes a list of cards where the page is narrow: each cell then tells its column's name itself.
import { html } from "./html.js";

/** Its rows are `children`, each made of `cells`. The roles stand there because a table laid out otherwise loses its own. */
export function Table({ name = null, of = "", heads, children }) {
  return html`<table role="table" class=${of} aria-label=${name}>
    <thead role="rowgroup"><tr role="row">${heads.map((head) => html`<th role="columnheader" scope="col">${head}</th>`)}</tr></thead>
    <tbody role="rowgroup">${children}</tbody>
  </table>`;
}

/** The cells of a row, in the order of `heads`; one that says nothing is left out where the page is narrow. */
export function cells(heads, values) {
  return values.map((value, number) => html`<td role="cell" data-head=${heads[number]} class=${isBlank(value) ? "blank" : null}>${value}</td>`);
}

function isBlank(value) {
  return Array.isArray(value) ? value.every(isBlank) : value === "" || value === null || value === undefined || value === false;
}
