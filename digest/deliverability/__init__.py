"""Whether the large providers will believe these mails: SPF, DKIM, DMARC and what else they publish as rules."""
