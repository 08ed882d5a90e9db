/**
 * The command {@code hde}: one class for each of its subcommands.
 *
 * <p>{@code Main} gives the arguments to {@code HdeCommand}, whose subcommands load the configuration, and then run the
 * agent, ask a running one through {@code ControlClient}, or only print. Results go to stdout; an error is one line on
 * stderr, with exit status 2 for a wrong command line or configuration, 1 for everything else.
 */
package io.novacron.hde.cli;
