// A TLS echo server on the JDK's JSSE, for the interop tests. JDK 17 or later, nothing else.
//
// It listens on a free port of 127.0.0.1 and says so on its first line: "listening on 127.0.0.1:PORT". Every connection
// gets back what it sends until it closes. For each handshake it prints one line of JSON; it ends when standard input
// does. Groups, extended_master_secret and tickets are system properties of JSSE: jdk.tls.namedGroups,
// jdk.tls.useExtendedMasterSecret, jdk.tls.server.enableSessionTicketExtension.
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

public final class EchoServer {
    private static final char[] PASSWORD = "interop".toCharArray();

    /** Arguments are pairs: --keystore FILE --versions LIST --client-ca FILE --client want|need --alpn LIST --timeout S. */
    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int index = 0; index + 1 < arguments.length; index += 2) {
            options.put(arguments[index], arguments[index + 1]);
        }
        // The tests say what is offered, weak suites included.
        Security.setProperty("jdk.tls.disabledAlgorithms", "");

        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys(options.get("--keystore")), trust(options.get("--client-ca")), null);
        if (options.containsKey("--timeout")) {
            context.getServerSessionContext().setSessionTimeout(Integer.parseInt(options.get("--timeout")));
        }
        SSLServerSocket listener = (SSLServerSocket)
            context.getServerSocketFactory().createServerSocket(0, 128, InetAddress.getByName("127.0.0.1"));
        SSLParameters parameters = listener.getSSLParameters();
        parameters.setProtocols(options.get("--versions").split(","));
        parameters.setCipherSuites(Arrays.stream(listener.getSupportedCipherSuites())
            .filter(name -> !name.contains("_anon_") && !name.contains("_NULL_")).toArray(String[]::new));
        if (options.containsKey("--alpn")) parameters.setApplicationProtocols(options.get("--alpn").split(","));
        if ("want".equals(options.get("--client"))) parameters.setWantClientAuth(true);
        if ("need".equals(options.get("--client"))) parameters.setNeedClientAuth(true);
        listener.setSSLParameters(parameters);

        System.out.println("listening on 127.0.0.1:" + listener.getLocalPort());
        Thread end = new Thread(() -> {
            try {
                System.in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException ignored) {
                // Closed is closed.
            }
            Runtime.getRuntime().halt(0);
        });
        end.setDaemon(true);
        end.start();
        while (true) {
            SSLSocket socket = (SSLSocket) listener.accept();
            Thread thread = new Thread(() -> serve(socket));
            thread.setDaemon(true);
            thread.start();
        }
    }

    private static javax.net.ssl.KeyManager[] keys(String file) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream input = new FileInputStream(file)) {
            store.load(input, PASSWORD);
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(store, PASSWORD);
        return factory.getKeyManagers();
    }

    private static TrustManager[] trust(String file) throws Exception {
        if (file == null) return null;
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream input = new FileInputStream(file)) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(input));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return factory.getTrustManagers();
    }

    /** Shakes hands, tells about it, and echoes. */
    private static void serve(SSLSocket socket) {
        try (socket) {
            socket.setSoTimeout(120_000);
            socket.setTcpNoDelay(true);
            socket.startHandshake();
            tell(socket);
            InputStream input = socket.getInputStream();
            OutputStream output = socket.getOutputStream();
            byte[] buffer = new byte[1 << 16];
            for (int count; (count = input.read(buffer)) >= 0;) {
                output.write(buffer, 0, count);
                output.flush();
            }
        } catch (IOException error) {
            print(List.of(field("error", String.valueOf(error.getMessage()))));
        }
    }

    private static void tell(SSLSocket socket) {
        ExtendedSSLSession session = (ExtendedSSLSession) socket.getSession();
        List<String> fields = new ArrayList<>();
        fields.add(field("version", session.getProtocol()));
        fields.add(field("cipherSuite", session.getCipherSuite()));
        fields.add(field("protocol", String.valueOf(socket.getApplicationProtocol())));
        for (SNIServerName name : session.getRequestedServerNames()) {
            if (name instanceof SNIHostName host) fields.add(field("serverName", host.getAsciiName()));
        }
        try {
            X509Certificate certificate = (X509Certificate) session.getPeerCertificates()[0];
            fields.add(field("clientName", certificate.getSubjectX500Principal().getName()));
        } catch (SSLPeerUnverifiedException none) {
            fields.add("\"clientName\":null");
        }
        print(fields);
    }

    private static String field(String name, String value) {
        return "\"" + name + "\":\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    private static synchronized void print(List<String> fields) {
        System.out.println("{" + String.join(",", fields) + "}");
    }
}
