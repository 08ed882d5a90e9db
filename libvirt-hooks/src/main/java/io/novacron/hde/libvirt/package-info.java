/**
 * What libvirt looks like: which domains are active, and when that changes.
 *
 * <p>Events come from libvirt's event loop and leave as calls on a {@code DomainListener}, one at a time.
 */
package io.novacron.hde.libvirt;
