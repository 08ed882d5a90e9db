/**
 * Hostile input. A {@link io.novacron.hde.fuzz.FuzzTarget} gives any bytes whatever to something that reads bytes from
 * outside and fails if that throws what it does not declare, or allocates more than it declares. {@link
 * io.novacron.hde.fuzz.Fuzz} runs them with Jazzer, for minutes each; the tests run them over the seeds, the cases kept
 * in {@code src/test/resources/corpus}, and what generators that know the grammar make.
 *
 * <p>The classes with the targets lie in the packages of what they try, because much of that is package-private.
 */
package io.novacron.hde.fuzz;
