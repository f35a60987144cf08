-- Demo customers had one password that everybody could read in the source. Hashes are salted, so one
-- that two users share was made by the demo: nobody knows a password for the one that replaces it.
UPDATE users
SET password_hash = '$argon2id$v=19$m=19456,t=2,p=1$' || repeat('A', 22) || '$' || repeat('A', 43)
WHERE role = 'customer'
  AND password_hash IN (SELECT password_hash FROM users GROUP BY password_hash HAVING count(*) > 1);
