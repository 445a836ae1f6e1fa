import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.FileReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/** Rendered properties as Spring Boot takes them: variables of the environment, a type of pool or HikariCP's own names. */
class TryJdbc {
    static final String PREFIX = "spring.datasource.";
    static final Properties FILE = new Properties();

    static String property(String name) {
        Matcher variable = Pattern.compile("\\$\\{(\\w+)\\}").matcher(FILE.getProperty(PREFIX + name, ""));
        return variable.replaceAll(found -> Matcher.quoteReplacement(System.getenv(found.group(1))));
    }

    static DataSource dataSource() throws Exception {
        String type = property("type");
        if (type.isEmpty()) {
            Properties own = new Properties();
            for (String name : FILE.stringPropertyNames()) {
                if (!name.startsWith(PREFIX + "hikari.")) continue;
                String words = name.substring((PREFIX + "hikari.").length());
                String camel = Pattern.compile("-(\\w)").matcher(words).replaceAll(found -> found.group(1).toUpperCase());
                own.setProperty(camel, FILE.getProperty(name));
            }
            // Refuses a name that it does not know.
            HikariConfig config = new HikariConfig(own);
            config.setJdbcUrl(property("url"));
            config.setUsername(property("username"));
            config.setPassword(property("password"));
            System.out.printf("POOL [%d, %d, %d, %d]%n", config.getMinimumIdle(), config.getMaximumPoolSize(), config.getConnectionTimeout(), config.getMaxLifetime());
            return new HikariDataSource(config);
        }
        Class<?> made = Class.forName(type);
        Object source = made.getConstructor().newInstance();
        made.getMethod("setDriverClass", Class.class).invoke(source, Class.forName("org.postgresql.Driver"));
        for (String name : new String[] {"Url", "Username", "Password"})
            made.getMethod("set" + name, String.class).invoke(source, property(name.toLowerCase()));
        System.out.printf("POOL [\"%s\"]%n", made.getSimpleName());
        return (DataSource) source;
    }

    static void probe(Connection connection) throws Exception {
        try (var statement = connection.prepareStatement(System.getenv("PROBE")); var rows = statement.executeQuery()) {
            rows.next();
            System.out.println(rows.getString(1));
        }
    }

    public static void main(String[] arguments) throws Exception {
        try (var reader = new FileReader(arguments[0], StandardCharsets.ISO_8859_1)) {
            FILE.load(reader);
        }
        DataSource source = dataSource();
        // From the fifth time the driver would prepare the statement, which the next server connection would not know.
        try (var one = source.getConnection(); var other = source.getConnection();
                var first = one.prepareStatement("SELECT ? + 1"); var second = other.prepareStatement("SELECT ? + 1")) {
            for (int turn = 0; turn < 12; turn += 1)
                for (var statement : new java.sql.PreparedStatement[] {first, second}) {
                    statement.setInt(1, turn);
                    statement.executeQuery().close();
                }
            probe(one);
        }
        if (source instanceof HikariDataSource hikari) hikari.close();
        String reading = property("read.url");
        if (reading.isEmpty()) return;
        try (var connection = DriverManager.getConnection(reading, property("username"), property("password"))) {
            probe(connection);
        }
    }
}
