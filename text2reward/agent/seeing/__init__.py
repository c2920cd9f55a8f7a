"""A vision-language model that is shown films in pairs, and what is made of its opinions: nothing that chooses."""
