package io.novacron.hde.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigEditTest {
    @TempDir
    private Path directory;

    private HdeConfig load(String text) throws Exception {
        return HdeConfig.load(Files.writeString(directory.resolve("hde.yaml"), text));
    }

    private static String withPeer(String text, String name, String address) {
        ConfigEdit edit = new ConfigEdit(text);
        edit.addPeer(name, address);
        return edit.text();
    }

    @Test
    void aPeerIsAddedBehindThoseThatAreThere() throws Exception {
        String text = """
                # mine
                host: {name: a}   # this one

                peers:
                    b:
                        address: b.example # far

                # the store
                store:
                  max-size: 1GiB
                """;
        assertThat(withPeer(text, "c", "[fd00::3]:7421")).isEqualTo("""
                # mine
                host: {name: a}   # this one

                peers:
                    b:
                        address: b.example # far
                    c:
                      address: "[fd00::3]:7421"

                # the store
                store:
                  max-size: 1GiB
                """);
        assertThat(load(withPeer(text, "c", "[fd00::3]:7421")).peers().get("c").address())
                .isEqualTo(new HostPort("fd00::3", 7421));
    }

    @Test
    void intoNothingAndIntoTheSampleThatThePackageHas() throws Exception {
        assertThat(withPeer("", "b", "b.example")).isEqualTo("peers:\n  b:\n    address: b.example\n");
        String sample = ConfigText.sample();
        ConfigEdit edit = new ConfigEdit(sample);
        edit.addPeer("b", "192.0.2.7");
        edit.set("tunnel", "ca", "/etc/hde/pki/cacert.pem");
        edit.set("host", "name", "a");
        HdeConfig config = load(edit.text());
        assertThat(config.peers().keySet()).containsExactly("b");
        assertThat(config.tunnel().ca()).isEqualTo(Path.of("/etc/hde/pki/cacert.pem"));
        assertThat(config.host().name()).isEqualTo("a");
        assertThat(edit.text().lines().filter(line -> !sample.contains(line + "\n")))
                .containsExactly("  name: a", "  b:", "    address: 192.0.2.7", "  ca: /etc/hde/pki/cacert.pem");
    }

    @Test
    void anOptionThatIsThereIsReplacedAndItsCommentStays() {
        ConfigEdit edit = new ConfigEdit("tunnel:\n  # which one\n  ca: /old.pem   # ours\n  key: /k.pem\n");
        edit.set("tunnel", "ca", "/new.pem");
        assertThat(edit.text()).isEqualTo("tunnel:\n  # which one\n  ca: /new.pem   # ours\n  key: /k.pem\n");
    }

    @Test
    void aSectionInOneLineIsNotTouched() {
        assertThatThrownBy(() -> withPeer("host: {name: a}\npeers: {b: {address: b}}\n", "c", "c"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("line 2: peers is written in one line");
    }
}
