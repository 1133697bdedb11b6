// The dial box, and numbers that other pages hand over (tel: links).
