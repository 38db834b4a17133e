"""The benchmark of tables: dlrun beside linear models, forests, boosted trees and other networks on the same rows."""
