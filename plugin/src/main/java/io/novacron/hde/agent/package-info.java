/**
 * The agent: what makes one process on a host of all the parts.
 *
 * <p>Follow a page from {@link io.novacron.hde.agent.Agent}: libvirt's domain events open sockets ({@code VmSockets});
 * what connects to one becomes a source channel ({@code SourceMigrations}); what a peer opens becomes a destination
 * channel ({@code DestinationMigrations}); what they leave is kept ({@code BaselineKeeper}).
 */
package io.novacron.hde.agent;
