-- The only customer of a demo shares its password's hash with nobody, so that the migration before did
-- not find it. The demo numbers its customers from 0, in addresses that nobody can own (RFC 2606), and
-- has an administrator of its own. A shared hash is of a demo that was made since: it stays.
UPDATE users
SET password_hash = '$argon2id$v=19$m=19456,t=2,p=1$' || repeat('A', 22) || '$' || repeat('A', 43)
WHERE role = 'customer'
  AND email ~ '^[a-z0-9-]+[.][a-z0-9-]+0@example[.]com$'
  AND EXISTS (SELECT FROM users WHERE role = 'admin' AND email = 'admin@souk.example')
  AND password_hash NOT IN (SELECT password_hash FROM users GROUP BY password_hash HAVING count(*) > 1);
