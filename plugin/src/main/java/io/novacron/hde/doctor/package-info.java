/**
 * What is wrong with an installation, and what to do about it: {@code hde doctor}.
 *
 * <p>{@link io.novacron.hde.doctor.Doctor} runs one {@code Check} after the other, each of which looks at one thing as it
 * is on this host, without changing it, and adds a {@link io.novacron.hde.doctor.Finding} for whatever keeps migrations
 * from working or from saving anything. What could not be looked at is said too. Files of the system are looked up below
 * a root, so that a test can make them up.
 */
package io.novacron.hde.doctor;
