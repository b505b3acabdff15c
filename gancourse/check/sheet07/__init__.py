"""Sheet 07, the parts of a DCGAN: the matrix, the sizes, batch norm, the first weights."""
