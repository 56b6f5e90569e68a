#include "app/main.h"

int main(int argc, char** argv) { return steelyard::app::main(argc, argv); }
