/** Guest pages and their names: a page is 4 KiB, its PageId is SHA-256 over it, cut to 128 bits. */
package io.novacron.hde.page;
