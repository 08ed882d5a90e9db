/**
 * What libvirt looks like: which domains are active, when that changes, and what its hook says.
 *
 * <p>Two ways lead in. {@code DomainWatcher} holds a connection to libvirt: events come from libvirt's event loop
 * thread, are queued there, and leave on the watcher's own thread as calls on a {@code DomainListener}; what is known
 * lives in {@code DomainTable}, which turns lists and events into differences. {@code HookSpool} reads the small files
 * that the hook script ({@code qemu.d/hde}) leaves in the spool directory, and hands each to its listener as a
 * {@code HookEvent}.
 */
package io.novacron.hde.libvirt;
