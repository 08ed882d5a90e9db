/**
 * The grammar of QEMU's migration stream, read and written.
 *
 * <p>Bytes go into a {@code MigrationStreamReader} in pieces of any size; it reports them, in order and without a gap,
 * to a {@code StreamHandler}: pages, zero pages, opaque pages, and everything else verbatim. {@code
 * MigrationStreamWriter} turns the same calls into the same bytes. What the reader does not know it passes through.
 * {@code ReturnPathReader} only looks on while bytes flow the other way.
 *
 * <p>Inside, {@code StreamInput} is the piece of input at hand, and each {@code Part} knows one kind of section:
 * {@code MigrationStreamReader} decides which part is next. The numbers are QEMU's, from {@code migration/savevm.c},
 * {@code ram.c} and {@code block-dirty-bitmap.c}, versions 7.2 to 10.2.
 */
package io.novacron.hde.qemu.stream;
