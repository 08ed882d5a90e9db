/**
 * Baselines: what one VM's memory was at one moment, as a table of PageIds.
 *
 * <p>A migration fills a {@link io.novacron.hde.baseline.MemoryTable}, or goes on from a copy of an earlier one; tables
 * share what they have in common. When the migration has succeeded, both agents {@link
 * io.novacron.hde.baseline.BaselineCatalog#commit commit} theirs, and the roots of the two are equal. The catalogue
 * keeps the tables in the page store, cut into chunks that generations share, drops baselines that are too many or too
 * old, and has the store swept of the frames that no baseline reaches.
 */
package io.novacron.hde.baseline;
