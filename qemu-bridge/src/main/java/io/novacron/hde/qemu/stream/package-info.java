/**
 * The grammar of QEMU's migration stream, read and written.
 *
 * <p>Bytes go into a {@code MigrationStreamReader} in pieces of any size; it reports them, in order and without a gap,
 * to a {@code StreamHandler}: pages, zero pages, opaque pages, and everything else verbatim. {@code
 * MigrationStreamWriter} turns the same calls into the same bytes. What the reader does not know it passes through.
 */
package io.novacron.hde.qemu.stream;
