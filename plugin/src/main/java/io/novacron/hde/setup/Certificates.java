package io.novacron.hde.setup;

import java.util.regex.Pattern;

/**
 * Certificates of an authority that is kept on the host on which setup runs. Each host makes its own key, which never
 * leaves it; what crosses is the request and the certificate. openssl does the work: it is there wherever Debian's Java is.
 */
final class Certificates {
    static final String DIRECTORY = "/etc/hde/pki";
    static final String CERTIFICATE = DIRECTORY + "/cert.pem";
    static final String KEY = DIRECTORY + "/key.pem";
    static final String CA = DIRECTORY + "/cacert.pem";
    /** Only on the host on which setup runs. */
    static final String AUTHORITY = "/etc/hde/ca";

    private static final int DAYS_OF_AUTHORITY = 3650;
    private static final int DAYS = 1825;
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
    private static final String NEW_KEY =
            "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 ";

    private Certificates() {}

    /** Makes the authority where there is none, and returns its certificate. */
    static String authority(Shell here) throws SetupException {
        return here.run("set -e; umask 077; mkdir -p " + AUTHORITY + "; cd " + AUTHORITY + "; [ -s cacert.pem ] || { "
                + NEW_KEY + "-x509 -days " + DAYS_OF_AUTHORITY
                + " -subj '/CN=HDE peers' -addext keyUsage=critical,keyCertSign,cRLSign -keyout cakey.pem -out new.pem"
                + "; mv new.pem cacert.pem; }; cat cacert.pem");
    }

    /**
     * Gives a host a key and a certificate.
     *
     * @param name that it carries
     * @param address that it carries too: a name or an IP address
     */
    static void issue(Shell here, Shell host, String authority, String name, String address) throws SetupException {
        String request = host.run("set -e; umask 077; mkdir -p " + DIRECTORY + "; " + NEW_KEY + "-subj "
                + Shell.word("/CN=" + name) + " -keyout " + KEY + ".new -out -");
        String names = "DNS:" + name + "," + (ADDRESS.matcher(address).matches() ? "IP:" : "DNS:") + address;
        String extensions = "subjectAltName=" + names
                + "\nextendedKeyUsage=serverAuth,clientAuth\nkeyUsage=critical,digitalSignature\n";
        // the request asks for nothing but its key to be certified: names are those that are given here
        String certificate = here.run(
                "set -e; umask 077; cd " + AUTHORITY
                        + "; d=$(mktemp -d); trap 'rm -rf \"$d\"' EXIT; cat >\"$d/csr\"; printf '%s' "
                        + Shell.word(extensions)
                        + " >\"$d/ext\"; openssl x509 -req -in \"$d/csr\" -CA cacert.pem -CAkey"
                        + " cakey.pem -set_serial 0x$(openssl rand -hex 16) -days " + DAYS
                        + " -sha256 -extfile \"$d/ext\"",
                request);
        host.run("umask 077; cat >" + CA + ".new", authority);
        host.run("umask 077; cat >" + CERTIFICATE + ".new", certificate);
        host.run("set -e; cd " + DIRECTORY + "; openssl verify -CAfile cacert.pem.new cert.pem.new >/dev/null;"
                + " for f in cacert.pem cert.pem key.pem; do mv \"$f.new\" \"$f\"; done");
    }
}
