/**
 * The lab from Java: hosts, guests, agents and migrations for the demo and the integration tests.
 *
 * <p>All that is done is done by the scripts in {@code integration-tests/lab} ({@link io.novacron.hde.lab.LabScripts}
 * runs them), so that a person can do the same by hand; here are the waiting, the measuring and the judging. A
 * {@link io.novacron.hde.lab.Lab} has {@link io.novacron.hde.lab.LabHost}s, each with an
 * {@link io.novacron.hde.lab.Agent}, and {@link io.novacron.hde.lab.Guest}s; a {@link io.novacron.hde.lab.Migration}
 * moves one and says what it cost, and {@link io.novacron.hde.lab.Demo} prints a table of such costs.
 */
package io.novacron.hde.lab;
