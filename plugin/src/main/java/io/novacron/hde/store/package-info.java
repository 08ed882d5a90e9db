/**
 * The page store: the host-wide, content-addressed store of frames, indexed by PageId.
 *
 * <p>{@link io.novacron.hde.store.PageStore#append} puts a frame into a bounded queue and into the index, so that its
 * pages can be read at once; one writer thread, the only one that changes the database, moves it there and commits
 * several times a second. A {@link io.novacron.hde.store.PageReader} finds a page's frame through the index, unpacks it
 * and checks the page against its PageId before anybody sees it. Baselines and whatever else must live and die with the
 * pages are kept in the store's areas, in the same transactions.
 *
 * <p>The store is a cache. It never fails its users: what cannot be stored is dropped, what cannot be read is not held,
 * and a damaged store is set aside for an empty one. Layout and versions: docs/store.md.
 */
package io.novacron.hde.store;
