/**
 * What the Debian package holds that is made from the program itself: the manual of every command, bash's completion, and
 * the configuration with every option explained. {@code PackageFiles} runs in the build and writes them; the rest of the
 * package is in {@code deb/pom.xml} and {@code deb/src/main/deb}.
 *
 * <p>picocli can make AsciiDoc of a command line, but what makes manual pages of that, Asciidoctor, brings JRuby along and
 * takes 12 s of every build: {@code ManualPage} writes them as they are.
 */
package io.novacron.hde.deb;
