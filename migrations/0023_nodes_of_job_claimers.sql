-- Whose a claimer's row is: a database that was restored gives its ids to other nodes once more.
ALTER TABLE job_claimers ADD COLUMN node uuid NOT NULL DEFAULT gen_random_uuid();
