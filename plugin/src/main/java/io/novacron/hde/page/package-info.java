/**
 * Guest pages and their names: a page is 4 KiB, its PageId is SHA-256 over it, cut to 128 bits.
 *
 * <p>The hot path never makes a {@link io.novacron.hde.page.PageId} object: a {@link io.novacron.hde.page.PageHasher}
 * leaves the two halves of the name as two longs, and every table and index takes them as such.
 */
package io.novacron.hde.page;
