//! No bug comes back: the inputs that the fuzz targets have kept, and one test for each bug that was mended, named after
//! its issue. The first of those adds its file here.

mod corpora;
