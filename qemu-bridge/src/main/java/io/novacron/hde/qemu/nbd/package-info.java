/**
 * The grammar of NBD, over which QEMU copies disks ({@code virsh migrate --copy-storage-all}), as its client and its server
 * speak it, versions 7.2 to 10.2: fixed newstyle negotiation, then compact or extended requests.
 *
 * <p>{@code NbdClientReader} reads the client's half and reports it as {@code MigrationStreamReader} reports a migration
 * stream: the content of what is written as pages, everything else verbatim. {@code NbdClientWriter} turns that back into
 * the same bytes. {@code NbdServerReader} only looks on while the server's half passes, for the disk's size. The numbers
 * are those of the NBD project's {@code doc/proto.md} and QEMU's {@code include/block/nbd.h}.
 */
package io.novacron.hde.qemu.nbd;
