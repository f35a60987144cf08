-- souk: no-transaction
-- Administrators look users up by the beginning of their e-mail address: a page is a range of one index, in
-- the order of the bytes, whatever the collation of the database.

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_active_email ON users (is_active, email COLLATE "C");
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_admins ON users (email COLLATE "C") WHERE role = 'admin';
