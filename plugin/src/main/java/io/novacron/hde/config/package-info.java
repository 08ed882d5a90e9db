/**
 * The configuration, {@code /etc/hde/hde.yaml}.
 *
 * <p>{@code Options} is the one list of all options: their types, defaults and documentation. {@code ConfigFile} reads
 * the YAML into lines that know where they stand, {@code ConfigReader} checks them against the list and builds an
 * {@code HdeConfig}, and {@code ConfigText} prints the list and effective values for people.
 */
package io.novacron.hde.config;
