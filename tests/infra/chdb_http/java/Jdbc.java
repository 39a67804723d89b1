import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.util.Arrays;
import java.util.Properties;

/**
 * The official JDBC driver with its default settings. Prints one line per subject: name, a tab, and
 * what came back; the test compares. Arguments: the address of operators, and that of analysts.
 */
public class Jdbc {
    public static void main(String[] arguments) throws Exception {
        Class.forName("com.clickhouse.jdbc.Driver");
        try (Connection connection = DriverManager.getConnection(arguments[0], new Properties())) {
            metadata(connection);
            prepared(connection);
            batch(connection);
            large(connection);
            errors(connection);
            cancel(connection);
        }
        try (Connection connection = DriverManager.getConnection(arguments[1], new Properties())) {
            analyst(connection);
            catalog(connection);
        }
    }

    static void say(String name, Object value) {
        System.out.println(name + "\t" + value);
    }

    static void metadata(Connection connection) throws SQLException {
        DatabaseMetaData data = connection.getMetaData();
        say("product", data.getDatabaseProductName());
        say("major", data.getDatabaseMajorVersion());
        say("valid", connection.isValid(5));
        try (ResultSet tables = data.getTables(null, "tutti", "jdbc", null)) {
            tables.next();
            say("table", tables.getString("TABLE_NAME"));
        }
        try (ResultSet columns = data.getColumns(null, "tutti", "jdbc", "%")) {
            StringBuilder names = new StringBuilder();
            while (columns.next()) {
                names.append(columns.getString("COLUMN_NAME")).append(':')
                        .append(columns.getString("TYPE_NAME")).append(' ');
            }
            say("columns", names.toString().trim());
        }
    }

    static void prepared(Connection connection) throws SQLException {
        String sql = "SELECT ? AS s, ? AS n, toDate(?) AS d, toDateTime64(?, 3) AS t, ? AS f, ? IS NULL";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, "it's \\ \"ü\" ?\n");
            statement.setLong(2, Long.MAX_VALUE);
            statement.setDate(3, Date.valueOf("2026-01-02"));
            statement.setTimestamp(4, Timestamp.from(Instant.parse("2026-01-02T03:04:05.678Z")));
            statement.setDouble(5, 0.5);
            statement.setNull(6, Types.VARCHAR);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                say("string", row.getString("s").equals("it's \\ \"ü\" ?\n"));
                say("long", row.getLong("n") == Long.MAX_VALUE);
                say("date", row.getDate("d"));
                say("time", row.getTimestamp("t").toInstant());
                say("double", row.getDouble("f"));
                say("null", row.getInt(6));
            }
        }
        try (Statement statement = connection.createStatement();
                ResultSet none = statement.executeQuery("SELECT a, b FROM tutti.jdbc WHERE 0")) {
            ResultSetMetaData shape = none.getMetaData();
            say("empty", none.next() + " " + shape.getColumnName(1) + " " + shape.getColumnName(2));
        }
    }

    static void batch(Connection connection) throws SQLException {
        String sql = "INSERT INTO tutti.jdbc (a, b, c) VALUES (?, ?, ?)";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < 20_000; i++) {
                statement.setInt(1, i);
                statement.setString(2, "it's " + i);
                statement.setTimestamp(3, new Timestamp(1_000L * i));
                statement.addBatch();
            }
            say("batch", Arrays.stream(statement.executeBatch()).filter(n -> n == 1).count());
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(), sum(a), uniqExact(b), groupArraySorted(3)(a) FROM tutti.jdbc")) {
            row.next();
            Array array = row.getArray(4);
            say("stored", row.getLong(1) + " " + row.getLong(2) + " " + row.getLong(3) + " "
                    + java.lang.reflect.Array.getLength(array.getArray()));
        }
    }

    static void large(Connection connection) throws SQLException {
        long count = 0;
        long sum = 0;
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT number, toString(number) FROM numbers(2000000)")) {
            while (rows.next()) {
                count++;
                sum += rows.getLong(1);
            }
        }
        say("large", count + " " + sum);
    }

    static void errors(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeQuery("SELECT * FROM tutti.nothing");
            say("error", "none");
        } catch (SQLException error) {
            say("error", error.getErrorCode() + " " + error.getMessage().contains("UNKNOWN_TABLE"));
        }
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT throwIf(number = 3000000) FROM numbers(10000000)")) {
            while (rows.next()) {
            }
            say("late error", "none");
        } catch (Exception error) {
            say("late error", "seen");
        }
    }

    static void cancel(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement()) {
            Thread asking = new Thread(() -> {
                try {
                    statement.executeQuery("SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 8");
                    say("cancel", "not cancelled");
                } catch (SQLException error) {
                    say("cancel", error.getErrorCode());
                }
            });
            asking.start();
            try (Statement watching = connection.createStatement()) {
                boolean running = false;
                while (!running) {
                    try (ResultSet row = watching.executeQuery(
                            "SELECT count() FROM system.processes WHERE query LIKE '%1000000000000%'"
                                    + " AND query NOT LIKE '%processes%'")) {
                        row.next();
                        running = row.getInt(1) > 0;
                    }
                }
            }
            statement.cancel();
            asking.join();
        }
    }

    static void analyst(Connection connection) throws SQLException {
        try (ResultSet schemas = connection.getMetaData().getSchemas()) {
            StringBuilder names = new StringBuilder();
            while (schemas.next()) {
                names.append(schemas.getString("TABLE_SCHEM")).append(' ');
            }
            say("schemas", names.toString().contains("marts") + " " + names.toString().contains("tutti"));
        }
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT a FROM marts.jdbc WHERE b = ?")) {
            statement.setString(1, "it's 7");
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                say("mart", row.getInt(1));
            }
        }
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("INSERT INTO marts.jdbc VALUES (1, 'x', now())");
            say("write", "done");
        } catch (SQLException error) {
            say("write", error.getErrorCode());
        }
    }

    /** What BI tools and DBeaver ask of an address on connecting: every method must answer. */
    static void catalog(Connection connection) throws Exception {
        DatabaseMetaData data = connection.getMetaData();
        StringBuilder failed = new StringBuilder();
        int answered = 0;
        for (Method method : DatabaseMetaData.class.getMethods()) {
            if (method.getDeclaringClass() != DatabaseMetaData.class) {
                continue;
            }
            try {
                Object found = method.invoke(data, values(method.getParameterTypes()));
                if (found instanceof ResultSet rows) {
                    while (rows.next()) {
                        rows.getObject(1);
                    }
                    rows.close();
                }
                answered++;
            } catch (InvocationTargetException error) {
                Throwable cause = error.getCause();
                if (!(cause instanceof SQLFeatureNotSupportedException)) {
                    failed.append(method.getName()).append(": ").append(cause).append("; ");
                }
            }
        }
        say("catalog", answered > 150 ? failed.toString().replace('\n', ' ') : "only " + answered);
        try (ResultSet tables = data.getTables(null, "marts", "%", null)) {
            StringBuilder names = new StringBuilder();
            while (tables.next()) {
                names.append(tables.getString("TABLE_NAME")).append(':')
                        .append(tables.getString("TABLE_TYPE")).append(' ');
            }
            say("marts", names.toString().contains("jdbc:VIEW") ? "jdbc:VIEW" : names);
        }
        try (ResultSet tables = data.getTables(null, "tutti", "%", null)) {
            say("internal", tables.next() ? "shown" : "hidden");
        }
        try (ResultSet columns = data.getColumns(null, "marts", "jdbc", "%")) {
            StringBuilder names = new StringBuilder();
            while (columns.next()) {
                names.append(columns.getString("COLUMN_NAME")).append(' ');
            }
            say("columns of a mart", names.toString().trim());
        }
    }

    /** Arguments for any method of the catalog. */
    static Object[] values(Class<?>[] types) {
        Object[] values = new Object[types.length];
        for (int place = 0; place < types.length; place++) {
            if (types[place] == int.class) {
                values[place] = 1;
            } else if (types[place] == boolean.class) {
                values[place] = false;
            } else if (types[place] == String.class) {
                values[place] = place == 0 ? null : "%";
            } else if (types[place] == Class.class) {
                values[place] = DatabaseMetaData.class;
            }
        }
        return values;
    }
}
